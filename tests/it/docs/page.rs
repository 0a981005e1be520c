//! What a page of the documentation has its reader do.

/// A fenced block.
pub struct Block {
    /// Where it begins.
    pub line: usize,
    /// What stands behind the fence.
    pub language: String,
    pub lines: Vec<String>,
}

/// One thing that the reader does.
pub enum Step {
    Type(Typed),
    Write(File),
}

/// A command, and all that it prints.
pub struct Typed {
    pub line: usize,
    pub command: String,
    /// What its prompt is told.
    pub prompt: Option<String>,
    pub status: i32,
    pub expected: Vec<String>,
}

/// A file that the reader writes where he is.
pub struct File {
    pub name: String,
    pub content: String,
}

/// Languages in which a block is a file, with what begins a comment and how such files end.
const LANGUAGES: [(&str, &str, &str); 3] = [("python", "# ", ".py"), ("rust", "// ", ".rs"), ("toml", "# ", ".toml")];

pub fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for (number, line) in text.lines().enumerate() {
        match (line.strip_prefix("```"), open.as_mut()) {
            (Some(language), None) => {
                open = Some(Block { line: number + 1, language: language.to_owned(), lines: Vec::new() });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (None, Some(block)) => block.lines.push(line.to_owned()),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block is not closed");
    blocks
}

pub fn steps(blocks: &[Block]) -> Vec<Step> {
    let steps = blocks.iter().flat_map(|block| match block.language.as_str() {
        "console" => block.commands().into_iter().map(Step::Type).collect::<Vec<_>>(),
        _ => block.file().map(Step::Write).into_iter().collect(),
    });
    steps.collect()
}

impl Block {
    /// The file that it is, if it is in a language of files and its first line is a comment that begins with a name.
    pub fn file(&self) -> Option<File> {
        let (_, comment, ending) = LANGUAGES.iter().find(|(language, ..)| *language == self.language)?;
        let name = self.lines.first()?.strip_prefix(comment)?.split_whitespace().next()?;
        let content = self.lines.iter().map(|line| format!("{line}\n")).collect();
        name.ends_with(ending).then(|| File { name: name.to_owned(), content })
    }

    fn commands(&self) -> Vec<Typed> {
        let mut typed: Vec<Typed> = Vec::new();
        let mut lines = self.lines.iter().enumerate();
        while let Some((number, line)) = lines.next() {
            match line.strip_prefix("$ ") {
                Some(first) => {
                    let mut command = first.to_owned();
                    while command.ends_with('\\') {
                        let (_, more) = lines.next().expect("a command that goes on has a next line");
                        command.push('\n');
                        command.push_str(more);
                    }
                    typed.push(Typed::new(self.line + 1 + number, &command));
                }
                None => {
                    let command =
                        typed.last_mut().unwrap_or_else(|| panic!("line {}: what printed it?", self.line + 1));
                    command.expected.push(line.clone());
                }
            }
        }
        typed
    }
}

impl Typed {
    /// Takes the comment off a command, and from it what its last two words say.
    fn new(line: usize, text: &str) -> Self {
        let (command, comment) = text.rsplit_once(" # ").unwrap_or((text, ""));
        let mut words = comment.split_whitespace().rev();
        let (last, before) = (words.next(), words.next());
        let said = |word: &str| last.filter(|_| before == Some(word));
        let status = said("status").map_or(0, |status| status.parse().expect("a status is a number"));
        let prompt = said("type").map(str::to_owned);
        Self { line, command: command.trim_end().to_owned(), prompt, status, expected: Vec::new() }
    }
}

/// Whether that is what a page says: `...` is anything within a line, and by itself any lines.
pub fn fits(got: &[&str], expected: &[&str]) -> bool {
    match expected.split_first() {
        None => got.is_empty(),
        Some((&"...", rest)) => (0..=got.len()).any(|skipped| fits(&got[skipped..], rest)),
        Some((line, rest)) => {
            got.split_first().is_some_and(|(first, others)| line_fits(first, line) && fits(others, rest))
        }
    }
}

fn line_fits(got: &str, expected: &str) -> bool {
    let Some((before, after)) = expected.split_once("...") else { return got == expected };
    let Some(rest) = got.strip_prefix(before) else { return false };
    let mut ends = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
    ends.any(|at| line_fits(&rest[at..], after))
}
