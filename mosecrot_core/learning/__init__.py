"""What a model does with the stitched embeddings: tasks, training, scores."""
