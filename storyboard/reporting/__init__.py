"""Problems with their places, quoting, suggestions, amounts: how things are said."""
