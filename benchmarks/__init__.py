"""What is measured against whom, runnable."""
