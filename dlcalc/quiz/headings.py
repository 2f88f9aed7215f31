"""What tables of students, and of their answers, call their columns: people, and programs in several languages.

A heading is compared as `known` makes it: without case, with single spaces. Moodle, Google Forms and Microsoft Forms
name their columns in the language of whoever exports.
"""

from __future__ import annotations

import re

IDS = (
    "student", "student id", "student number", "id number", "matriculation", "matriculation number",
    "registration number", "id", "username", "user name", "login", "email", "e-mail", "email address", "e-mail address",
    "matrikelnummer", "matrikel-nr.", "matrikelnr.", "matrikelnr", "id-nummer", "anmeldename", "benutzername",
    "e-mail-adresse", "numéro d'étudiant", "numéro d'identification", "identifiant", "nom d'utilisateur", "courriel",
    "adresse de courriel", "adresse e-mail", "número de id", "número de matrícula", "matrícula", "nombre de usuario",
    "correo electrónico", "dirección de correo", "dirección de correo electrónico", "matricola", "numero di matricola",
    "codice identificativo", "indirizzo email", "número de identificação", "nome de usuário", "endereço de email",
    "endereço de e-mail", "studentnummer", "gebruikersnaam", "e-mailadres", "numer albumu", "adres e-mail",
    "идентификационный номер", "адрес электронной почты", "学号", "邮箱",
    "電子郵件", "学籍番号", "メールアドレス", "학번", "이메일", "öğrenci numarası", "e-posta adresi",
)  # fmt: skip
"""Who somebody is, the surest first."""
NAMES = ("name", "full name", "student name", "vollständiger name", "nom complet", "nombre completo", "nome completo",
         "naam", "imię i nazwisko", "фио", "姓名", "氏名", "名前", "이름", "ad soyad")  # fmt: skip
FIRST_NAMES = ("first name", "given name", "forename", "vorname", "vorname(n)", "prénom", "nombre", "nome", "voornaam",
               "imię", "имя", "名", "adı")  # fmt: skip
LAST_NAMES = ("last name", "surname", "family name", "nachname", "familienname", "nom", "nom de famille", "apellido",
              "apellidos", "apellido(s)", "cognome", "sobrenome", "apelido", "achternaam", "nazwisko", "фамилия", "姓",
              "soyadı")  # fmt: skip
QUESTION = ("question", "q", "task", "part", "exercise", "problem", "item", "entry", "aufgabe", "teilaufgabe", "frage",
            "teil", "übung", "exercice", "partie", "pregunta", "ejercicio", "parte", "domanda", "esercizio", "pergunta",
            "questão", "exercício", "vraag", "opgave", "pytanie", "zadanie", "вопрос", "задание", "задача", "问题",
            "問題", "設問", "문제", "soru")  # fmt: skip
ANSWER = ("answer", "answers", "ans", "response", "antwort", "antworten", "lösung", "réponse", "respuesta", "risposta",
          "resposta", "antwoord", "odpowiedź", "ответ", "答案", "回答", "解答", "답", "cevap")  # fmt: skip
CODE = re.compile(r"\b(?:code|código|codice|kod|код)\b")


def known(heading: str) -> str:
    """A heading as it is compared."""
    return " ".join(heading.replace("_", " ").replace("’", "'").casefold().split()).removesuffix(":")


def either(words: tuple[str, ...]) -> str:
    """A pattern of one of the words, the longest first."""
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
