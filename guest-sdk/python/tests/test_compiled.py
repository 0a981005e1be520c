"""What stands in for packages with compiled parts: for whom, in which version, and what it can do."""

import abc
import builtins
import importlib
import importlib.metadata
import importlib.util
import sys
import typing
import unittest
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

from um_runner.absent.compiled import finder, stub
from um_runner.absent.compiled.packages import PACKAGES
from um_runner.absent.compiled.requirements import Requirement, Version, lowest
from um_runner.absent.error import Compiled
from um_runner.absent.install import executed
from um_runner.hints import Place, hint

ELSEWHERE = "parts.abi3.so"
"""A file with compiled parts."""


class Folder(unittest.TestCase):
    """An action's folder, with what pip has left there."""

    def setUp(self) -> None:
        self.path = Path(self.enterContext(TemporaryDirectory())).resolve()
        self.enterContext(mock.patch.object(sys, "path", [str(self.path)]))
        self.enterContext(mock.patch.object(sys, "meta_path", [*sys.meta_path]))
        self.enterContext(mock.patch.dict(sys.modules))
        self.enterContext(mock.patch.object(builtins, "__import__", builtins.__import__))
        self.enterContext(mock.patch.object(finder, "withheld", set()))
        for name in [name for name in sys.modules if name.partition(".")[0] in PACKAGES]:
            del sys.modules[name]
        finder.install({"jiter": executed("jiter")})

    def put(self, project: str, requires: Sequence[str] = (), /, **files: str) -> None:
        """A package with these modules, as pip puts it there; a name without code is one with compiled parts."""
        name, version = project.split("==")
        listed = []
        for module, code in files.items():
            path = f"{module}.py" if code else f"{module}/{ELSEWHERE}"
            (self.path / path).parent.mkdir(exist_ok=True)
            (self.path / path).write_text(code)
            listed.append(f"{path},sha256=x,{len(code)}\n")
            if not code:
                (self.path / module / "__init__.py").write_text(f"from .{ELSEWHERE.partition('.')[0]} import x\n")
        folder = self.path / f"{name.replace('-', '_')}-{version}.dist-info"
        folder.mkdir()
        header = f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n"
        lines = "".join(f"Requires-Dist: {line}\n" for line in requires)
        (folder / "METADATA").write_text(f"{header}{lines}\nRequires-Dist: cryptography\n\na description\n")
        (folder / "RECORD").write_text("".join(listed))


class WhoGetsIt(Folder):
    def branch(self, module: str) -> str:
        return str(importlib.import_module(module).branch)

    def trying(self, name: str) -> str:
        """A module that takes another way without this package."""
        return f"try:\n    import {name}\n    branch = 'with'\nexcept ImportError:\n    branch = 'without'\n"

    def test_a_package_that_requires_it_loads_and_one_that_only_tries_goes_its_other_way(self) -> None:
        for name, package in PACKAGES.items():
            self.put(f"asks-{name}==1", [f"{package.project}>=1.2"], **{f"asks_{name}": f"import {name} as branch"})
            self.put(f"tries-{name}==1", [f'{package.project}; extra == "x"'], **{f"tries_{name}": self.trying(name)})
            # Whoever comes first.
            self.assertEqual(self.branch(f"tries_{name}"), "without")
            got = importlib.import_module(f"asks_{name}").branch
            self.assertEqual(got.__version__, "1.2")
            del sys.modules[f"tries_{name}"]
            finder.withheld.clear()
            self.assertEqual(self.branch(f"tries_{name}"), "without", "it is in sys.modules, for others")
            self.assertIn(name, finder.withheld)

    def test_where_nobody_requires_it_there_is_none(self) -> None:
        self.put("tries==1", **{f"tries_{name}": self.trying(name) for name in PACKAGES})
        for name, package in PACKAGES.items():
            self.assertEqual(self.branch(f"tries_{name}"), "without")
            self.assertIsNone(importlib.util.find_spec(name))
            with self.assertRaises(importlib.metadata.PackageNotFoundError):
                importlib.metadata.version(package.project)

    def test_one_for_another_machine_is_as_good_as_none(self) -> None:
        for name, package in PACKAGES.items():
            self.put(f"{package.project}==7.8.9", **{name: ""})
            self.put(f"asks-{name}==1", [package.project], **{f"asks_{name}": f"import {name} as branch"})
            # It caught nothing but this, and got an ImportError out of the middle of the package.
            code = self.trying(name).replace("ImportError", "ModuleNotFoundError")
            self.put(f"tries-{name}==1", **{f"tries_{name}": code})
            self.assertEqual(self.branch(f"tries_{name}"), "without")
            self.assertEqual(importlib.import_module(f"asks_{name}").branch.__version__, "7.8.9")
            self.assertEqual(importlib.metadata.version(package.project), "7.8.9")
            self.assertEqual(len(list(importlib.metadata.distributions(name=package.project))), 1)

    def test_the_authors_own_is_left_alone(self) -> None:
        self.put("asks==1", ["jiter"], asks="import jiter as branch")
        (self.path / "jiter.py").write_text("own = True\n")
        self.assertTrue(importlib.import_module("asks").branch.own)
        with self.assertRaises(importlib.metadata.PackageNotFoundError):
            importlib.metadata.version("jiter")

    def test_a_folder_of_files_is_no_package(self) -> None:
        (self.path / "PIL").mkdir()
        (self.path / "PIL/a.png").write_bytes(b"")
        self.put("asks==1", ["Pillow"], asks="from PIL import Image as branch")
        self.assertEqual(importlib.import_module("asks").branch, stub.named("PIL.Image"))

    def test_google_auth_takes_rsa_also_beside_one_that_requires_cryptography(self) -> None:
        choice = (
            "try:\n    from cryptography.hazmat.primitives import serialization\n    branch = 'cryptography'\n"
            "except ImportError:\n    import rsa\n    branch = 'rsa'\n"
        )
        self.put("google-auth==2.47.0", ["rsa<5", 'cryptography>=38; extra == "cryptography"'], google_auth=choice)
        self.put("rsa==4.9", rsa="newkeys = None")
        self.put("sendgrid==6.12", ["cryptography>=45.0.6"], sendgrid="import cryptography as branch")
        self.assertIsInstance(importlib.import_module("sendgrid").branch, stub.Standing)
        self.assertEqual(self.branch("google_auth"), "rsa")

    def test_one_that_requires_what_it_can_do_without_is_better_off_without(self) -> None:
        self.put("fpdf2==2.8", ["Pillow!=9.2.*,>=8.3.2"], fpdf=self.trying("PIL"))
        self.assertEqual(self.branch("fpdf"), "without")
        self.put("reportlab==5.1", ["pillow>=9"], reportlab="import PIL as branch")
        self.assertIsInstance(importlib.import_module("reportlab").branch, stub.Standing)
        del sys.modules["fpdf"]
        self.assertEqual(self.branch("fpdf"), "without")

    def test_what_was_withheld_is_told_where_a_package_asks_for_it(self) -> None:
        asking = self.trying("cryptography") + "def sign():\n    raise KeyError('Do you have {} installed?')\n"
        self.put("PyJWT==2", **{"jwt": asking.replace("{}", "Cryptography"), "other": asking.replace("{}", "numpy")})
        for module, told in (("jwt", "`cryptography` has compiled parts"), ("other", "")):
            try:
                importlib.import_module(module).sign()
            except KeyError as error:
                self.assertIn(told, hint(error, Place(str(self.path))) or "")
                self.assertEqual(bool(hint(error, Place(str(self.path)))), bool(told))

    def test_a_warning_is_told_of_the_line_that_imports_as_ever(self) -> None:
        self.put("asks==1", ["pynacl"], asks="import nacl", old="import warnings\nwarnings.warn('old', stacklevel=2)")
        for before in ("", "asks"):
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                exec(compile(f"import {before or 'sys'}, old", "main.py", "exec"), {})
            self.assertEqual(caught[0].filename, "main.py", before)
            del sys.modules["old"]

    def test_an_import_of_the_scripts_own_is_told_what_to_do(self) -> None:
        self.put("asks==1", ["pynacl"], asks="import nacl")
        importlib.import_module("asks")
        with self.assertRaises(ModuleNotFoundError) as raised:
            exec("import nacl.secret", {"__file__": str(self.path / "main.py")})
        self.assertIn("`nacl` has compiled parts", hint(raised.exception, Place(str(self.path))) or "")


class Names(Folder):
    def setUp(self) -> None:
        super().setUp()
        self.put("cryptography==45.0.1", cryptography="")
        self.put("asks==1", ["cryptography", "pillow", "pynacl"], asks="")

    def given(self, code: str) -> dict[str, Any]:
        path = self.path / "asks" / ELSEWHERE
        names: dict[str, Any] = {"__file__": str(path), "__name__": "asks"}
        exec(code, names)
        return names

    def test_what_packages_write_on_their_top_level(self) -> None:
        given = self.given(
            "import PIL.Image, abc, warnings\nfrom PIL import Image, ImageDraw\n"
            "from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey\n"
            "from cryptography.hazmat.primitives import hashes\n"
            "import cryptography.hazmat.primitives.asymmetric.padding as padding\n"
            "from cryptography.hazmat import backends\nfrom cryptography.utils import CryptographyDeprecationWarning\n"
            "from cryptography.exceptions import InvalidSignature\nfrom nacl import encoding, public\n"
            "from nacl.exceptions import BadSignatureError\n"
            "class Key(RSAPrivateKey, abc.ABC): pass\nclass Wrong(InvalidSignature): pass\n"
            "def draw(on: Image.Image | None, key: 'RSAPublicKey') -> 'hashes.Hash': ...\n"
            "warnings.simplefilter('ignore', CryptographyDeprecationWarning)\n"
            "Image.MAX_IMAGE_PIXELS = None\n"
            # As google-auth does.
            "made = [backends.default_backend(), padding.PKCS1v15(), hashes.SHA256()]\n"
            "try:\n    raise Wrong('x')\nexcept (BadSignatureError, InvalidSignature) as error:\n    caught = error\n"
        )
        self.assertIs(given["PIL"].Image, given["Image"])
        self.assertIs(given["Image"], sys.modules["PIL.Image"])
        self.assertIsNone(given["Image"].MAX_IMAGE_PIXELS)
        self.assertFalse(isinstance(1, given["RSAPrivateKey"]))
        self.assertTrue(issubclass(given["Key"], given["RSAPrivateKey"]))
        self.assertIs(typing.get_type_hints(given["draw"], given)["return"], given["hashes"].Hash)
        self.assertEqual(str(given["caught"]), "x")
        self.assertIsInstance(given["Key"], abc.ABCMeta)
        self.assertTrue(issubclass(given["CryptographyDeprecationWarning"], Warning))
        self.assertFalse(hasattr(given["Image"], "_repr_png_"), "a framework may ask")
        self.assertFalse(hasattr(given["Key"], "fields"), "it is another class")
        warnings.resetwarnings()

    def test_using_any_is_an_error_that_names_it(self) -> None:
        given = self.given(
            "import PIL.Image\nfrom cryptography.fernet import Fernet\n"
            "from cryptography.hazmat.primitives import hashes\n"
            "from cryptography.hazmat.primitives.serialization import load_pem_private_key\n"
            "from nacl.public import SealedBox\nclass Own(Fernet): pass\n"
        )
        uses: list[tuple[str, Callable[[], Any]]] = [
            ("cryptography.fernet.Fernet", lambda: given["Fernet"](b"key")),
            ("cryptography.fernet.Fernet", lambda: given["Own"]()),
            ("cryptography.fernet.Fernet.generate_key", lambda: given["Fernet"].generate_key()),
            ("cryptography.hazmat.primitives.hashes.Hash", lambda: given["hashes"].Hash(given["hashes"].SHA256())),
            ("cryptography.hazmat.primitives.serialization.load_pem_private_key", given["load_pem_private_key"]),
            ("cryptography.hazmat.primitives.hashes.SHA256.name", lambda: given["hashes"].SHA256().name),
            ("cryptography.x509.InvalidityDate", lambda: stub.named("cryptography.x509.InvalidityDate")(1)),
            ("nacl.public.SealedBox", given["SealedBox"]),
            ("PIL.Image.open", lambda: given["PIL"].Image.open("x.png")),
            ("PIL.Image.MODES", lambda: list(given["PIL"].Image.MODES)),
            ("PIL.Image.MODES", lambda: "RGB" in given["PIL"].Image.MODES),
            ("PIL.Image.MODES", lambda: given["PIL"].Image.MODES["RGB"]),
        ]
        for name, use in uses:
            with self.assertRaises(Compiled, msg=name) as raised:
                use()
            self.assertIsInstance(raised.exception, ImportError)
            top = name.partition(".")[0]
            self.assertEqual(raised.exception.name, top)
            told = str(raised.exception)
            self.assertIn(f"`{name}` cannot be used: `{top}` has compiled parts, which are for other machines", told)
            self.assertIn("nothing is known" if top == "PIL" else "In its place: ", told)
            self.assertEqual(hint(raised.exception, Place("/action")), told)

    def test_behind_an_error_of_a_package_it_is_the_hint(self) -> None:
        given = self.given("from cryptography.fernet import Fernet")
        try:
            try:
                given["Fernet"]()
            except ImportError as error:
                raise ValueError("no such key") from error
        except ValueError as error:
            self.assertIn("`cryptography.fernet.Fernet` cannot be used", hint(error, Place("/action")) or "")


class Requirements(unittest.TestCase):
    def test_what_counts_as_required(self) -> None:
        for line in (
            "cryptography",
            "Cryptography (>=3.4)",
            "cryptography <51,>=2.5",
            "cryptography[ssh]>=3; python_version >= '3.8'",
            'cryptography; sys_platform != "win32" and (os_name == "posix" or os_name == "nt")',
            'cryptography; platform_release > "5"',
            "cryptography; this is no marker",
            "cryptography @ https://example.org/a.whl ; python_version > '3'",
        ):
            found = Requirement.of(line)
            self.assertEqual(found and found.project, "cryptography", line)
        for line in (
            'cryptography>=3.4.0; extra == "crypto"',
            "cryptography; python_version < '3.9'",
            'cryptography; python_version < "3.14" and extra == "crypto"',
            'cryptography; "win" in sys_platform',
            "",
            "-x",
        ):
            self.assertIsNone(Requirement.of(line), line)
        self.assertEqual(Requirement.of("python_Dateutil").project, "python-dateutil")  # type: ignore[union-attr]

    def test_the_lowest_version_that_all_allow(self) -> None:
        for lines, expected in (
            (["x>=1.4.0"], "1.4.0"),
            (["x>=38.0.3", "x>=41.0.5", "x<50"], "41.0.5"),
            (["x>=9"], "9"),
            (["x>4.0.0"], "4.0.0.1"),
            (["x~=3.4"], "3.4"),
            (["x==2.*"], "2"),
            (["x!=9.2.*,>=8.3.2"], "8.3.2"),
            (["x<51"], "45"),
            (["x<2"], "0"),
            ([], "45"),
            (["x==1", "x==2"], "2"),
        ):
            self.assertEqual(lowest(filter(None, map(Requirement.of, lines)), "45"), expected, lines)

    def test_versions_are_ordered_by_their_numbers(self) -> None:
        ordered = ["0", "1.0.dev1", "1.0rc1", "1", "1.0.post1", "1.9", "1.10", "2", "1!0"]
        read = [Version.of(text) for text in ordered]
        self.assertEqual(read, sorted(read))
        self.assertEqual(Version.of("1.0.0"), Version.of("v1"))
        self.assertIsNone(Version.of("new"))
