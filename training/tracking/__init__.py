"""Every training in MLflow: what went in, what came out, the pictures, the registered model."""
