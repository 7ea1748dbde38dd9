"""The review desk: labels and predictions to Label Studio, and what people made of them back."""
