"""A model beside later cases: what moved, what it costs, and the calibrator fitted again."""
