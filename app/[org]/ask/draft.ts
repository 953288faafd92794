/**
 * The question that is being typed, kept in this tab until it was answered or emptied, so that neither a reload nor an ended session
 * loses it. Storage may be refused (private windows): then it is only on the screen.
 */
const key = (conversation: string | null) => `quarry-draft:${window.location.pathname.split('/')[1]}:${conversation ?? 'new'}`;

export function readDraft(conversation: string | null): string {
  try {
    return window.sessionStorage.getItem(key(conversation)) ?? '';
  } catch {
    return '';
  }
}

export function keepDraft(conversation: string | null, text: string): void {
  try {
    if (text.trim() === '') window.sessionStorage.removeItem(key(conversation));
    else window.sessionStorage.setItem(key(conversation), text);
  } catch {
    // Nothing to do: see above.
  }
}
