"""How good a model is, where and at what cost, told to people."""
