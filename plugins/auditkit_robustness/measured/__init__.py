"""What is told of changed rows: `telling` makes measurements and tables of them, `ratios` divides errors by errors."""
