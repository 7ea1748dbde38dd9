"""The study: what a student learns from a teacher's labels, beside baselines, noisy labels, fewer labels, and costs."""
