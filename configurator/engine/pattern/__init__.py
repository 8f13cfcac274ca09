"""What a product is cut from: the pieces section of a family file, their cut lines, their seams, and how they lie on the cloth."""
