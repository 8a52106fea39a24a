"""What is kept: documents by digest, decisions, reviews, outcomes, standing, and the audit chain over them."""
