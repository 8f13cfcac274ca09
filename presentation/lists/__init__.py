"""Lists of staff pages: page, spreadsheet and API from one description."""

from presentation.lists.description import Column, Filter, ListDescription
from presentation.lists.routes import add_list, list_page
from presentation.lists.view import ListView

__all__ = ["Column", "Filter", "ListDescription", "ListView", "add_list", "list_page"]
