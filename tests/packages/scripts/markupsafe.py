from markupsafe import Markup, escape


def run(url):
    return [escape("<b>ada & co</b>"), Markup("<em>%s</em>") % "<zoë>", Markup("<p>one <i>two</i></p>").striptags()]
