*** Settings ***
Documentation       The page in real Chromium, on real databases. Each test ends with a look at what
...                 the browser has logged: no error, no warning, no failed request, no dialog, and
...                 no request to another host.
...
...                 `--variable SCREENSHOTS:docs/images` makes the documentation's pictures.

Test Tags           web
