"""Behavioural tests from templates: `reading` the file, `filling` the slots, `failing` what the model says, `counting`.

After Ribeiro, Wu, Guestrin and Singh (2020), Beyond accuracy: behavioral testing of NLP models with CheckList, ACL.
"""
