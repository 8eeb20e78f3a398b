"""What a study writes: tables, a page, and the files about them."""
