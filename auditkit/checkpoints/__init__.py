"""Other people's weights, read so that none of them can run code, lead out of their folder or be taken for others.

What an adapter uses to open a model that somebody else trained. `folder` looks at what lies there before any of it is
loaded, `shards` at the files of its weights, `settings` reads its JSON; `pretrained` loads it by transformers as the
`head` that the adapter names, a `lora` merged into its base; `hub` finds it under a hub id; `class_names` holds what
it calls its classes against what the data call them, and `value_outputs` says what the numbers of a regression mean;
`tokenizers` looks for what a model of texts cannot be without. A module of the user's own (`own_module`) is built by
`user_code`, its `state` read from safetensors or `torchfiles` and `fitted` into it; `members` are those of an
ensemble, and `last_layer` is what any module's numbers are made of. `archives`, `pickles` and `sizes` refuse what
would unpack, run or grow.
"""

from __future__ import annotations

from auditkit.checkpoints.archives import refuse_strange_archive
from auditkit.checkpoints.class_names import Kind, class_names, names_of
from auditkit.checkpoints.fitted import fit_state, refuse_unsteady
from auditkit.checkpoints.folder import ModelFolder, called
from auditkit.checkpoints.head import Head
from auditkit.checkpoints.hub import locate_model, offline
from auditkit.checkpoints.last_layer import before_the_last_layer
from auditkit.checkpoints.lora import base_of
from auditkit.checkpoints.members import STATES, member_files, member_folders
from auditkit.checkpoints.own_module import (
    OwnModule,
    numbered_names,
    of_classes,
    of_values,
    open_own,
    refuse_distributions,
    refuse_squashed,
)
from auditkit.checkpoints.pickles import Followed, follow_file, refuse_dangerous
from auditkit.checkpoints.pretrained import load_model, load_part, quiet
from auditkit.checkpoints.settings import read_object
from auditkit.checkpoints.shards import refuse_named_weights, refuse_strange_shards, stored_types, weight_files
from auditkit.checkpoints.sizes import refuse_oversized
from auditkit.checkpoints.state import State, read_state
from auditkit.checkpoints.tokenizers import TOKENIZERS, refuse_foreign_tokenizer, refuse_without_tokenizer
from auditkit.checkpoints.user_code import Code, code_digest, load_code
from auditkit.checkpoints.value_outputs import VALUE_OUTPUTS, ValueOutput, ValueOutputs, mixture, value_outputs

__all__ = [
    "STATES",
    "TOKENIZERS",
    "VALUE_OUTPUTS",
    "Code",
    "Followed",
    "Head",
    "Kind",
    "ModelFolder",
    "OwnModule",
    "State",
    "ValueOutput",
    "ValueOutputs",
    "base_of",
    "before_the_last_layer",
    "called",
    "class_names",
    "code_digest",
    "fit_state",
    "follow_file",
    "load_code",
    "load_model",
    "load_part",
    "locate_model",
    "member_files",
    "member_folders",
    "mixture",
    "names_of",
    "numbered_names",
    "of_classes",
    "of_values",
    "offline",
    "open_own",
    "quiet",
    "read_object",
    "read_state",
    "refuse_dangerous",
    "refuse_distributions",
    "refuse_foreign_tokenizer",
    "refuse_named_weights",
    "refuse_oversized",
    "refuse_squashed",
    "refuse_strange_archive",
    "refuse_strange_shards",
    "refuse_unsteady",
    "refuse_without_tokenizer",
    "stored_types",
    "value_outputs",
    "weight_files",
]
