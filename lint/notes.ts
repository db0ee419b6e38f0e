import { NoteKind } from "../conf";

/** What must hold for the parser to read a file as it is meant, and what to do where it does not. */
export const NOTES: Readonly<Record<NoteKind, { doc: string; fix: string }>> = {
  "unbalanced-brace": {
    doc: "Every block has its two braces; keepalived reads on past the end of a block otherwise.",
    fix: "add the brace that is missing, or remove the one too many",
  },
  "unmatched-quote": {
    doc: "A quote has its partner on the same line.",
    fix: "add the closing quote",
  },
  "long-line": {
    doc: "A line has less than 1024 bytes; keepalived reads a longer one in pieces, each a line of its own.",
    fix: "shorten it",
  },
  "trailing-backslash": {
    doc: "A backslash at the end of a line is for definitions; elsewhere versions of keepalived read it differently.",
    fix: "remove it, and write the line as one",
  },
  "include-unknown": { doc: "An include names a file.", fix: "give the included file, too" },
  "include-loop": { doc: "Files do not include each other in a ring.", fix: "remove one of the includes" },
  "condition-unknown": { doc: "A condition depends on the host.", fix: "none is needed" },
  "definition-unknown": {
    doc: "A definition stands before its use; keepalived leaves the text as it is otherwise.",
    fix: "define it above, or correct its name",
  },
  "definition-invalid": {
    doc: "A definition is one that keepalived can read.",
    fix: "write it as $NAME=VALUE, a sequence as ~SEQ(NAME, FIRST, LAST)",
  },
  "keyword-unknown": {
    doc: "A line begins with a keyword; keepalived leaves out what it does not know, and its config test fails.",
    fix: "correct or remove the word",
  },
  "byte-order-mark": {
    doc: "A file begins with its first word; keepalived takes a byte order mark for a part of that word, which it then does not know, and its config test fails.",
    fix: "save the file as UTF-8 without a byte order mark",
  },
  "keyword-misplaced": {
    doc: "A keyword stands in the block that it belongs to; keepalived leaves it out otherwise.",
    fix: "move it into its block",
  },
  "argument-missing": {
    doc: "A keyword has the arguments that it needs; keepalived leaves it out otherwise.",
    fix: "add the argument",
  },
  "argument-surplus": {
    doc: "A keyword has as many arguments as it takes; keepalived takes no notice of what follows them.",
    fix: "remove it, or write it on a line of its own; a comment begins with # or !",
  },
  "argument-invalid": {
    doc: "An argument is one that keepalived takes; it goes on with a default otherwise.",
    fix: "give a value within the bound",
  },
  duplicate: {
    doc: "What is there once is stated once; keepalived takes one of the two.",
    fix: "remove the one that is not meant",
  },
  "reference-unknown": {
    doc: "A name that is used is defined; keepalived goes on without what it does not find.",
    fix: "define it, or correct the name",
  },
  ignored: {
    doc: "What is written is in force; keepalived leaves this out because of something else that is written.",
    fix: "remove it, or what it does not go with",
  },
  missing: {
    doc: "A block has what keepalived cannot do without: it refuses the configuration, or leaves the block out.",
    fix: "add it",
  },
};
