"""The report in headless Chromium: no request, no complaint, two schemes."""

import io
import json
import shutil
import subprocess

import numpy as np
import pytest
from matplotlib import image

from jaxsparse.claims import Bound
from jaxsparse.report import report
from jaxsparse.studies.spec import Against, Curves

S = 'updater.sparsity'
BROWSER = next(
  filter(None, map(shutil.which, ('chromium', 'google-chrome', 'chrome'))), None
)
FLAGS = (
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--hide-scrollbars',
  # A browser has errands of its own; none of them leaves this machine.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
)

pytestmark = pytest.mark.skipif(BROWSER is None, reason='no Chromium here')


@pytest.fixture
def browse(tmp_path):
  """Opens a page; gives what was printed, and on stderr with `flags`."""

  def run(path, *flags):
    profile = tmp_path / 'profile'
    try:
      return subprocess.run(
        [BROWSER, *FLAGS, f'--user-data-dir={profile}', *flags, path.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
      )
    finally:
      shutil.rmtree(profile, ignore_errors=True)

  return run


@pytest.fixture
def visit(browse, tmp_path):
  """Opens a page; gives its DOM, what it asked for, what it complained of."""

  def run(path):
    log = tmp_path / 'net.json'
    done = browse(
      path, '--dump-dom', '--enable-logging=stderr', f'--log-net-log={log}'
    )
    complaints = [x for x in done.stderr.splitlines() if 'CONSOLE' in x]
    return done.stdout, requests(json.loads(log.read_text())), complaints

  return run


def requests(log):
  """What a page has asked for; the browser's own errands have no origin."""
  started = log['constants']['logEventTypes']['URL_REQUEST_START_JOB']
  found = (e.get('params', {}) for e in log['events'] if e['type'] == started)
  return [
    p['url'] for p in found if 'url' in p and p['initiator'] != 'not an origin'
  ]


@pytest.fixture
def page(make_results, static_and_rigl, tmp_path):
  study = static_and_rigl(
    figures=(Against(S), Curves()),
    across=S,
    claims=(Bound('dense', '>=', 90.0),),
  )
  return report.write(make_results(study), tmp_path / 'report')


def test_it_opens_without_a_request_or_a_complaint(page, visit):
  dom, asked, complaints = visit(page)
  assert asked == []
  assert complaints == []
  for said in ('<h1>Made up</h1>', '✓ holds', '98.00 ± 1.00', 'id="times"'):
    assert said in dom


def test_requests_and_complaints_would_be_seen(visit, tmp_path):
  path = tmp_path / 'bad.html'
  path.write_text(
    '<!DOCTYPE html><title>x</title><img src="http://127.0.0.1:9/x.png">'
    '<script>console.error("oh no")</script>'
  )
  _, asked, complaints = visit(path)
  assert asked == ['http://127.0.0.1:9/x.png']
  assert any('oh no' in line for line in complaints)


@pytest.mark.parametrize(
  ('scheme', 'paper'), [('1', (255, 255, 255)), ('0', (23, 23, 23))]
)
def test_it_is_drawn_in_light_and_dark(page, browse, tmp_path, scheme, paper):
  shot = tmp_path / 'shot.png'
  browse(
    page,
    f'--screenshot={shot}',
    '--window-size=1000,1400',
    f'--blink-settings=preferredColorScheme={scheme}',
  )
  pixels = image.imread(io.BytesIO(shot.read_bytes()), format='png')[..., :3]
  shown = np.round(255 * pixels).astype(int).reshape(-1, 3)
  colours, counts = np.unique(shown, axis=0, return_counts=True)
  # Mostly paper, figures too, and something on it.
  assert tuple(colours[np.argmax(counts)]) == paper
  assert 0.5 < counts.max() / counts.sum() < 0.97
  assert len(colours) > 100
