"""A stand-in for Google Cloud Storage on 127.0.0.1, with objects in memory.

It serves the part of the JSON API that gcsfs, TensorStore and
google-cloud-storage call: objects whole, by range and in pages of names, with
generations and their preconditions. It has no append, no rename, and no
folders.
"""

import base64
import contextlib
import http.server
import itertools
import json
import re
import threading
import time
import urllib.parse
import zlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

BUCKET = 'bucket'
_RESUME = '/resume'
_OBJECT = re.compile(r'/(?:download/)?storage/v1/b/([^/]+)/o/([^/]+)$')
_OBJECTS = re.compile(r'/(?:upload/)?storage/v1/b/([^/]+)/o/?$')


class Object(NamedTuple):
  """An object of a bucket."""

  content: bytes
  generation: int


class Bucket:
  """The objects of the one bucket, and the address that serves them.

  Attributes:
    objects: by name.
    url: of the server.
    writes: names in the order in which they were written.
    before: called with 'write' or 'delete' and a name; if it returns false the
      request is lost.
  """

  def __init__(self, url: str):
    self.url = url
    self.objects: dict[str, Object] = {}
    self.writes: list[str] = []
    self.before: Callable[[str, str], bool] = lambda verb, name: True
    self._generations = itertools.count(1)
    self._lock = threading.Lock()

  def environment(self) -> dict[str, str]:
    """Returns the variables that lead clients here, without credentials."""
    return {
      'STORAGE_EMULATOR_HOST': self.url,
      'TENSORSTORE_GCS_HTTP_URL': self.url,
      'GOOGLE_AUTH_TOKEN_FOR_TESTING': 'token',
      'GOOGLE_CLOUD_PROJECT': 'project',
      'GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT': 'false',
    }

  def read(self, name: str) -> bytes:
    """Returns the content of an object."""
    return self.objects[name].content

  def put(
    self, name: str, content: bytes, expected: str | None = None
  ) -> Object | None:
    """Writes an object unless its generation is not the `expected` one."""
    with self._lock:
      if not self.before('write', name):
        raise ConnectionError
      if not self._matches(name, expected):
        return None
      self.objects[name] = Object(content, next(self._generations))
      self.writes.append(name)
      return self.objects[name]

  def delete(self, name: str, expected: str | None = None) -> bool:
    """Deletes an object unless its generation is not the `expected` one."""
    with self._lock:
      if not self.before('delete', name):
        raise ConnectionError
      if not self._matches(name, expected):
        return False
      del self.objects[name]
      return True

  def _matches(self, name: str, expected: str | None) -> bool:
    stored = self.objects.get(name, Object(b'', 0))
    return expected is None or int(expected) == stored.generation


@contextlib.contextmanager
def served() -> Iterator[Bucket]:
  """Serves an empty bucket until the block ends."""
  with http.server.ThreadingHTTPServer(('127.0.0.1', 0), _Handler) as server:
    server.daemon_threads = True
    bucket = Bucket(f'http://127.0.0.1:{server.server_port}')
    server.bucket = bucket  # type: ignore[attr-defined]
    server.uploads = {}  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
      yield bucket
    finally:
      server.shutdown()
      thread.join()


class _Handler(http.server.BaseHTTPRequestHandler):
  protocol_version = 'HTTP/1.1'
  disable_nagle_algorithm = True

  def handle(self) -> None:
    # A client asks in two ways at once, and leaves after the first answer.
    with contextlib.suppress(ConnectionError):
      super().handle()

  def log_message(self, *_: Any) -> None:
    """Prints nothing."""

  @property
  def _bucket(self) -> Bucket:
    return self.server.bucket  # type: ignore[attr-defined]

  def _parsed(self) -> tuple[str, dict[str, str]]:
    url = urllib.parse.urlsplit(self.path)
    return url.path, dict(urllib.parse.parse_qsl(url.query))

  def do_GET(self) -> None:
    path, query = self._parsed()
    if match := _OBJECT.match(path):
      name = urllib.parse.unquote(match[2])
      self._get(name, query, media=query.get('alt') == 'media')
    elif _OBJECTS.match(path):
      self._list(query)
    elif re.match(r'/storage/v1/b/[^/]+$', path):
      known = path.endswith(f'/{BUCKET}')
      resource = {'kind': 'storage#bucket', 'name': BUCKET, 'id': BUCKET}
      self._json(resource if known else {}, 200 if known else 404)
    else:
      self._json({}, 404)

  def do_DELETE(self) -> None:
    path, query = self._parsed()
    match = _OBJECT.match(path)
    name = urllib.parse.unquote(match[2]) if match else ''
    if name not in self._bucket.objects:
      self._json({}, 404)
    elif self._bucket.delete(name, query.get('ifGenerationMatch')):
      self._send(204, b'')
    else:
      self._json({}, 412)

  def do_POST(self) -> None:
    path, query = self._parsed()
    if path == _RESUME:
      self.do_PUT()
      return
    body = self._body()
    if not _OBJECTS.match(path):
      self._json({}, 404)
      return
    kind, content = query.get('uploadType'), body
    name = query.get('name', '')
    if kind == 'multipart':
      metadata, content = self._parts(body)
      name = metadata['name']
    elif kind == 'resumable':
      name = name or json.loads(body)['name']
      upload = str(len(self.server.uploads))  # type: ignore[attr-defined]
      expected = query.get('ifGenerationMatch')
      self.server.uploads[upload] = (name, expected, b'')  # type: ignore[attr-defined]
      location = f'{self._bucket.url}{_RESUME}?upload_id={upload}'
      self._send(200, b'', Location=location)
      return
    self._put(name, content, query.get('ifGenerationMatch'))

  def do_PUT(self) -> None:
    _, query = self._parsed()
    uploads = self.server.uploads  # type: ignore[attr-defined]
    name, expected, content = uploads[query['upload_id']]
    content += self._body()
    uploads[query['upload_id']] = (name, expected, content)
    if self.headers.get('Content-Range', '').endswith('/*'):
      self._send(308, b'', Range=f'bytes=0-{len(content) - 1}')
    else:
      self._put(name, content, expected)

  def _put(self, name: str, content: bytes, expected: str | None) -> None:
    stored = self._bucket.put(name, content, expected)
    self._json(
      _resource(name, stored) if stored else {}, 200 if stored else 412
    )

  def _get(self, name: str, query: dict[str, str], *, media: bool) -> None:
    stored = self._bucket.objects.get(name)
    if stored is None:
      self._json({}, 404)
    elif query.get('ifGenerationNotMatch') == str(stored.generation):
      self._send(304, b'')
    elif media:
      self._media(stored)
    else:
      self._json(_resource(name, stored))

  def _media(self, stored: Object) -> None:
    headers = {'x-goog-generation': str(stored.generation)}
    wanted = re.match(r'bytes=(\d+)-(\d*)', self.headers.get('Range', ''))
    if wanted is None:
      self._send(200, stored.content, **headers)
      return
    size, first = len(stored.content), int(wanted[1])
    last = min(int(wanted[2] or size), size - 1)
    if first >= size:
      self._send(416, b'')
      return
    headers['Content-Range'] = f'bytes {first}-{last}/{size}'
    self._send(206, stored.content[first : last + 1], **headers)

  def _list(self, query: dict[str, str]) -> None:
    prefix, delimiter = query.get('prefix', ''), query.get('delimiter')
    items, prefixes = [], {}
    for name, stored in sorted(self._bucket.objects.items()):
      if not name.startswith(prefix):
        continue
      if not query.get('startOffset', '') <= name:
        continue
      if query.get('endOffset') and name >= query['endOffset']:
        continue
      head, found, _ = name[len(prefix) :].partition(delimiter or '\0')
      if found:
        prefixes[f'{prefix}{head}{delimiter}'] = None
      else:
        items.append(_resource(name, stored))
    content: dict[str, Any] = {'kind': 'storage#objects'}
    if items:
      content['items'] = items
    if prefixes:
      content['prefixes'] = list(prefixes)
    self._json(content)

  def _parts(self, body: bytes) -> tuple[dict[str, Any], bytes]:
    boundary = re.search(r'boundary="?([^";]+)', self.headers['Content-Type'])[
      1
    ].strip("'")
    _, first, second, _ = re.split(
      rb'\r?\n?--' + re.escape(boundary).encode(), body
    )
    metadata, content = (
      re.split(rb'\r?\n\r?\n', part, maxsplit=1)[1] for part in (first, second)
    )
    return json.loads(metadata), content

  def _body(self) -> bytes:
    if self.headers.get('Transfer-Encoding') == 'chunked':
      body = b''
      while size := int(self.rfile.readline(), 16):
        body += self.rfile.read(size)
        self.rfile.readline()
      self.rfile.readline()
      return body
    return self.rfile.read(int(self.headers.get('Content-Length') or 0))

  def _json(self, content: dict[str, Any], status: int = 200) -> None:
    self._send(
      status,
      json.dumps(content).encode(),
      **{'Content-Type': 'application/json'},
    )

  def _send(self, status: int, content: bytes, **headers: str) -> None:
    self.send_response(status)
    for name, value in headers.items():
      self.send_header(name, value)
    if status not in (204, 304):
      self.send_header('Content-Length', str(len(content)))
    self.end_headers()
    self.wfile.write(content)


def _resource(name: str, stored: Object) -> dict[str, Any]:
  """Returns the metadata of an object."""
  at = time.strftime('%Y-%m-%dT%H:%M:%S.000Z', time.gmtime())
  return {
    'kind': 'storage#object',
    'id': f'{BUCKET}/{name}/{stored.generation}',
    'name': name,
    'bucket': BUCKET,
    'generation': str(stored.generation),
    'metageneration': '1',
    'size': str(len(stored.content)),
    'crc32c': base64.b64encode(zlib.crc32(b'').to_bytes(4)).decode(),
    'timeCreated': at,
    'updated': at,
  }
