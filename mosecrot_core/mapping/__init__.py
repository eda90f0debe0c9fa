"""From one embedding space into the other, and from there into a model directory."""
