"""What decisions come to: borders change hands, edges get corners, polygons are traced anew."""
