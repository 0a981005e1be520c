import markdown


def run(url):
    return markdown.markdown(
        "# Report\n\n| a | b |\n|---|---|\n| 1 | *2* |\n\n- [link](x)", extensions=["tables", "toc"]
    )
