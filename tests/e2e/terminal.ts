// SPDX-License-Identifier: MIT

/** A terminal of 80 columns and 50 lines with a shell in it, run by tmux. */
export class Terminal implements AsyncDisposable {
  private constructor(readonly socket: string, readonly directory: string) {}

  static async start(): Promise<Terminal> {
    const directory = await Deno.makeTempDir();
    const terminal = new Terminal(`${directory}/tmux`, directory);
    await terminal.#tmux("-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "50", SHELL);
    return terminal;
  }

  /** Runs a command; when it has ended the screen shows `ENDED` and its exit code. */
  async run(command: readonly string[]): Promise<void> {
    const script = `${this.directory}/run`;
    const words = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
    await Deno.writeTextFile(script, `clear; ${words}; echo "ENDED $?"\n`);
    await this.type(`. ${script}`);
    await this.press("Enter");
  }

  /** Waits until a question is there, as the last one, and answers it. */
  async answer(question: string, answer: string): Promise<void> {
    await this.waitFor(question);
    await this.type(answer);
    await this.press("Enter");
  }

  async type(text: string): Promise<void> {
    if (text !== "") await this.#tmux("send-keys", "-l", text);
  }

  /** Presses a key by tmux's name for it, such as `C-c`. */
  async press(key: string): Promise<void> {
    await this.#tmux("send-keys", key);
  }

  /** What the terminal shows, without trailing white space. */
  async screen(): Promise<string> {
    return (await this.#tmux("capture-pane", "-p")).trimEnd();
  }

  /** Waits until the screen has a text; of a question that waits, not of one that is answered. */
  async waitFor(text: string): Promise<void> {
    for (let polls = 0; polls < 2400; polls++) {
      const lines = (await this.screen()).split("\n");
      if (lines.some((line) => line.includes(text) && !line.startsWith("✔"))) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`the terminal does not show ${text}:\n${await this.screen()}`);
  }

  /** What `stty -a` says. */
  async settings(): Promise<string> {
    await this.run(["stty", "-a"]);
    await this.waitFor("ENDED 0");
    return await this.screen();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tmux("kill-server");
    await Deno.remove(this.directory, { recursive: true });
  }

  async #tmux(...args: string[]): Promise<string> {
    const { success, stdout, stderr } = await new Deno.Command("tmux", {
      args: ["-S", this.socket, ...args],
      // A terminal around the tests is none of its business.
      env: { TERM: "screen", LC_ALL: "C.UTF-8", TMUX: "" },
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    if (!success) throw new Error(`tmux ${args[0]}: ${text(stderr)}`);
    return text(stdout);
  }
}

const SHELL = "exec env PS1='$ ' NO_COLOR=1 bash --norc --noprofile";
