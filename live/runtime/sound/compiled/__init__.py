"""Machine code for networks of sound: the words it is written in, which every such network shares.

`vectors` says what a processor does, `products`, `activations` and `draws` what networks are made of, `layout` where
weights and scratch lie, and `compiling` turns a program into functions. Each network's own program is a package here.
"""
