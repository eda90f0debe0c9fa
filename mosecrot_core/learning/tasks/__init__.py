"""What a model is taught to do: one file a task, with its reader, splits, labels and metric."""
