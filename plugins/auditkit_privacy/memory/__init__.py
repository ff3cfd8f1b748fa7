"""What a model that writes has learnt by heart.

`rows` picks whom to ask about and `passages` parts each row; `reproducing` asks, and `closeness` says how near an
answer is. `doubts` says of which rows nobody could tell, and why. `exposing` ranks secrets among all of their
`secret_formats`. `apart` holds members against others, and `tables` shows it. `cards` say what the numbers are,
`planted` the cases whose answer is known.
"""
