"""What is text stays text, whatever is in it."""

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from jaxsparse.report.markup import Markup, element, join


class Reader(HTMLParser):
  """What a parser sees: start tags, and the text between."""

  def __init__(self):
    super().__init__()
    self.tags, self.text = [], ''

  def handle_starttag(self, tag, attrs):
    self.tags.append((tag, dict(attrs)))

  def handle_data(self, data):
    self.text += data


def read(markup):
  reader = Reader()
  reader.feed(markup)
  reader.close()
  return reader


# HTML knows no lone carriage return and no NUL.
TEXT = st.text(st.characters(exclude_characters='\r\0', codec='utf-8'))


@given(TEXT, TEXT)
def test_a_parser_reads_back_what_was_put_in(text, value):
  found = read(element('p', text, title=value or 'x'))
  assert found.tags == [('p', {'title': value or 'x'})]
  assert found.text == text


def test_elements_are_nested_and_nothing_is_nothing():
  inner = element('b', 'x & y')
  got = element('p', inner, None, ['<', (' a', inner)], class_='c', hidden='')
  assert got == (
    '<p class="c" hidden><b>x &amp; y</b>&lt; a<b>x &amp; y</b></p>'
  )


def test_attributes_are_named_as_in_html():
  got = element('td', class_='a', aria_label='b', title=None)
  assert got == '<td class="a" aria-label="b"></td>'


def test_empty_elements_have_no_end():
  assert element('img', src='"') == '<img src="&quot;">'


def test_joining_is_markup():
  assert isinstance(join(['a', Markup('<br>')]), Markup)
