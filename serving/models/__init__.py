"""The models in force: how another bundle comes in force, how it is rolled back, and what one says in the shadow."""
