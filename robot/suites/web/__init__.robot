*** Settings ***
Documentation       The page in real Chromium, on real databases. Each test ends with a look at what
...                 the browser has logged: no error, no warning, no failed request, no dialog, and
...                 no request to another host.
...
...                 `INDELIBLE_SCREENSHOTS=docs/images ./dev test robot/suites/web` makes the
...                 documentation's pictures, and so does robot's own `--variable SCREENSHOTS:...`.

Test Tags           web
