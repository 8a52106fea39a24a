"""What a history holds, seen before it is trained on."""
