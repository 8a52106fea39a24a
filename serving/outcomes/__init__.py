"""What then happened, told once per recommendation; the parties' standing learns from it."""
