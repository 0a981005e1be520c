//! Lists, page by page.

use super::{Bench, Held, same, set};
use crate::vault::audit::AuditRange;
use crate::vault::look::{Page, Query};

pub(super) async fn pages_follow_each_other_to_the_end(bench: &Bench<'_>) -> Held {
    let names = ["A", "B", "C", "D", "E"];
    bench.make(names.iter().rev().map(|name| set(name, "some value")).collect()).await?;
    for limit in [1, 2, 5, 6] {
        let (mut seen, mut after) = (Vec::new(), None);
        for _ in 0..=names.len() {
            let query = Query::Secrets { workspace: bench.workspace.clone(), after: after.clone(), limit };
            let page = bench.vault.look(&bench.by, query).await.map_err(|error| format!("no page: {error}"))?;
            let Page::Secrets { secrets, next } = page else { return Err("another page than was asked for".into()) };
            same("whether a page is longer than was asked for", &(secrets.len() > limit), &false)?;
            seen.extend(secrets.into_iter().map(|secret| secret.name.to_string()));
            after = next;
            if after.is_none() {
                break;
            }
        }
        same("the secrets of all pages", &seen, &names.map(str::to_owned).to_vec())?;
    }
    let (mut after, mut found) = (None, false);
    loop {
        let query = Query::Workspaces { after, limit: 1_000 };
        let page = bench.vault.look(&bench.by, query).await.map_err(|error| format!("no page: {error}"))?;
        let Page::Workspaces { workspaces, next } = page else { return Err("another page than was asked for".into()) };
        found |= workspaces.iter().any(|listed| listed.name == bench.workspace && listed.secrets == names.len());
        match next {
            Some(next) => after = Some(next),
            None => return same("whether the workspace is listed with its secrets", &found, &true),
        }
    }
}

pub(super) async fn rows_of_the_audit_follow_each_other_to_the_end(bench: &Bench<'_>) -> Held {
    bench.make((0..4).map(|number| set("TOKEN", &format!("value number {number}"))).collect()).await?;
    let all = bench.rows().await?;
    same("the rows", &all.len(), &5)?;
    same("whether their numbers rise", &all.is_sorted_by(|one, next| one.number < next.number), &true)?;
    let (mut seen, mut from) = (Vec::new(), Some(all[0].number));
    while let Some(start) = from {
        let range = AuditRange::from(start).of(bench.workspace.clone()).limit(2);
        let page = bench.vault.audit(&bench.by, range).await.map_err(|error| format!("no page: {error}"))?;
        same("whether a page is longer than was asked for", &(page.entries.len() > 2), &false)?;
        same("whether the log is shorter than its rows", &(page.rows <= all[4].number), &false)?;
        seen.extend(page.entries);
        same("whether the pages go on", &page.next.is_none_or(|next| next > start), &true)?;
        from = page.next;
    }
    same("the rows of all pages", &seen, &all)
}
