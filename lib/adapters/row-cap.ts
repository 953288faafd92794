/** Counts the rows that are taken and their bytes, and says where a result was cut. */
export class RowCap {
  truncated: { by: 'rows' | 'bytes'; limit: number } | null = null;
  private rows = 0;
  private bytes = 0;

  constructor(
    private readonly maxRows: number,
    private readonly maxBytes: number,
  ) {}

  /** @param bytes of the next row */
  admit(bytes: number): 'take' | 'stop' {
    this.rows += 1;
    this.bytes += bytes;
    if (this.rows > this.maxRows) this.truncated = { by: 'rows', limit: this.maxRows };
    else if (this.bytes > this.maxBytes) this.truncated = { by: 'bytes', limit: this.maxBytes };
    return this.truncated === null ? 'take' : 'stop';
  }
}
