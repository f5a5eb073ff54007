"""Training of the reader: from pages whose content people marked to the table that ships."""
