"""The completions that `mailstrom completion` prints, asked of the shells themselves."""

import functools
import json
import os
import subprocess
import sys
import tempfile
import unittest

_MAILSTROM = os.path.abspath(sys.argv[1])


@functools.lru_cache
def _mailstrom(*words):
    return subprocess.run([_MAILSTROM, *words], check=True, capture_output=True, text=True).stdout


def _table():
    return [json.loads(line) for line in _mailstrom("help", "--json").splitlines()]


def _run(shell, script, folder):
    done = subprocess.run(
        shell, input=script, capture_output=True, text=True, timeout=60, cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": folder, "TERM": "dumb"},
    )
    assert done.stderr == "", done.stderr
    return done.stdout


class _Shell:
    """What every shell must complete; `complete(line)` gives what it offers at the line's end."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(dir=os.environ["TEST_TMPDIR"])
        for name in ("my message.eml", "other.txt"):
            with open(os.path.join(self.folder, name), "w", encoding="utf-8"):
                pass

    def test_commands(self):
        want = {command["name"].split()[0] for command in _table()}
        self.assertEqual(set(self.complete("mailstrom ")), want)
        self.assertEqual(self.complete("mailstrom wat"), ["watch"])

    def test_options_of_every_command(self):
        for command in _table():
            with self.subTest(command["name"]):
                offered = self.complete(f"mailstrom {command['name']} --")
                self.assertEqual({word.rstrip("=") for word in offered}, set(command["options"]))

    def test_commands_of_a_group(self):
        self.assertEqual(sorted(self.complete("mailstrom dkim ")), ["check", "keygen"])

    def test_words(self):
        self.assertCountEqual(self.complete("mailstrom dkim keygen --type "), ["rsa", "ed25519"])
        self.assertCountEqual(self.complete("mailstrom completion "), ["bash", "zsh", "fish"])

    def test_files(self):
        offered = {name.replace("\\", "") for name in self.complete("mailstrom send --raw my")}
        self.assertEqual(offered, {"my message.eml"})


class BashTest(_Shell, unittest.TestCase):
    def complete(self, line):
        words = line.split(" ")
        # `compopt` works in a completion only; what it sets does not show here.
        script = f"""
compopt() {{ :; }}
{_mailstrom("completion", "bash")}
complete -p mailstrom > /dev/null
COMP_WORDS=({" ".join(f"'{word}'" for word in words)})
COMP_CWORD={len(words) - 1}
_mailstrom
[[ ${{#COMPREPLY[@]}} -eq 0 ]] || printf '%s\\n' "${{COMPREPLY[@]}}"
"""
        return _run(["bash", "--norc", "-u"], script, self.folder).splitlines()

    def test_value_after_an_equals_sign(self):
        self.assertEqual(self.complete("mailstrom dkim keygen --type = e"), ["ed25519"])
        self.assertEqual(self.complete("mailstrom send --raw = o"), ["other.txt"])

    def test_free_values_get_no_offers(self):
        self.assertEqual(self.complete("mailstrom send --subject "), [])


class ZshTest(_Shell, unittest.TestCase):
    # Presses the tab key in a shell on a terminal, and reads what the completion system collected.
    _PRESS = r"""
zmodload zsh/zpty
zpty z zsh -f -i
expect() { local line; while zpty -r z line; do [[ $line == *$1* ]] && return; done }
zpty -w z "cd ${(q)PWD}; PS1=; autoload -U compinit; compinit -u -d $HOME/dump; echo ''READY"
expect READY
zpty -w z "source $HOME/script; zstyle ':completion:*' list-grouped false; compadd() { builtin compadd -O found \"\$@\"; \
  (( \$#found )) && print -rl -- \$found >> $HOME/offers; builtin compadd \"\$@\" }; \
  bindkey '^I' complete-word; setopt no_always_last_prompt no_beep; LISTMAX=10000; echo ''LOADED"
expect LOADED
zpty -w -n z "$LINE"$'\t'
for (( i = 0; i < 100; i++ )); do sleep 0.05; [[ -s $HOME/offers ]] && break; done
sleep 0.2
zpty -d z
cat $HOME/offers
"""

    def complete(self, line):
        for name, text in (("script", _mailstrom("completion", "zsh")), ("offers", "")):
            with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
                file.write(text)
        script = f"LINE='{line}'\n{self._PRESS}"
        offered = _run(["zsh", "-f"], script, self.folder).splitlines()
        return list(dict.fromkeys(offered))


class FishTest(_Shell, unittest.TestCase):
    def complete(self, line):
        script = f"{_mailstrom('completion', 'fish')}\ncomplete -C '{line}'\n"
        offered = _run(["fish", "--no-config"], script, self.folder).splitlines()
        return [word.split("\t")[0] for word in offered]


class OtherShellTest(unittest.TestCase):
    def test_is_refused(self):
        done = subprocess.run([_MAILSTROM, "completion", "csh"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn("bash, zsh and fish", done.stderr)


if __name__ == "__main__":
    unittest.main()
