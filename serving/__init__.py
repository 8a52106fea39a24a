"""The service: the strict edge, the store, the people who must agree, and the recommendation over HTTP.

Imports models, policies, features and data; never training, and nothing that training alone needs.
"""
