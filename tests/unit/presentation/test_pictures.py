"""Small pictures carry no writing."""

from presentation.pictures import unlettered


def test_the_writing_leaves_and_nothing_else() -> None:
    svg = '<svg><title>车</title><g><text x="1" y="2">立管 &lt;560&gt;</text><path d="M0 0"/><text/></g></svg>'
    assert unlettered(svg) == '<svg><title>车</title><g><path d="M0 0"/><text/></g></svg>'
