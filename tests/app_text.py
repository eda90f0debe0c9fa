"""What a page of the dashboard says, in an app test."""


def words(app):
    """Return all running text of a page, with Markdown's escapes."""
    parts = [*app.title, *app.subheader, *app.text, *app.markdown, *app.caption, *app.info, *app.code]
    return "\n".join(str(part.value) for part in parts)


def plain_words(app):
    """Return all running text of a page as a reader sees it."""
    return words(app).replace("\\", "")
