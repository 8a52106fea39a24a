"""The vocabulary and the records that pass between rooms.

Imports none of ours. Every other room imports this one; a word is spelled here once.
"""
