"""Batch jobs on Cloud TPUs and clusters: submit them, and look after them."""
