"""Reads and writes JSON, TOML, XML, CSV and e-mail."""

import csv, email.message, email.parser, io, json, tomllib, xml.etree.ElementTree as tree

value = {"a": [1, 2.5, None, "é\U0001f40d"]}
assert json.loads(json.dumps(value)) == value
assert tomllib.loads('when = 2026-11-25\n[a]\nb = "c"')["a"] == {"b": "c"}
assert tree.fromstring("<a><b c='d'>é</b></a>").find("b").attrib == {"c": "d"}
text = io.StringIO()
csv.writer(text).writerow(["a,b", 'c"d'])
assert next(csv.reader(io.StringIO(text.getvalue()))) == ["a,b", 'c"d']
message = email.message.EmailMessage()
message["Subject"] = "é"
message.set_content("text")
assert email.parser.BytesParser(policy=email.policy.default).parsebytes(bytes(message))["Subject"] == "é"
print("ok documents.py")
