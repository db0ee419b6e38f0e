/** Tasks, as the API starts them and tells of them. */

export interface Task {
  upid: string;
  node: string;
  type: string;
  id: string;
  user: string;
  starttime: number;
  status: "running" | "stopped";
  /** "OK", or what went wrong. */
  exitstatus?: string;
  log: string[];
  done: Promise<void>;
}

const hex = (value: number) => value.toString(16).toUpperCase().padStart(8, "0");

export class Tasks {
  private readonly tasks = new Map<string, Task>();
  private pid = 4711;

  /** Starts `work`; what it throws is the task's end, not the caller's. */
  start(node: string, type: string, id: string, user: string, work: (task: Task) => Promise<void>): Task {
    const starttime = Math.floor(Date.now() / 1000);
    const upid = `UPID:${node}:${hex(this.pid++)}:${hex(Math.floor(process.uptime() * 100))}:${hex(starttime)}:${type}:${id}:${user}:`;
    const task: Task = {
      upid,
      node,
      type,
      id,
      user,
      starttime,
      status: "running",
      log: [],
      done: Promise.resolve(),
    };
    this.tasks.set(upid, task);
    task.done = Promise.resolve()
      .then(() => work(task))
      .then(
        () => "OK",
        (error: Error) => error.message.trim(),
      )
      .then((exitstatus) => {
        task.status = "stopped";
        task.exitstatus = exitstatus;
        task.log.push(exitstatus === "OK" ? "TASK OK" : `TASK ERROR: ${exitstatus}`);
      });
    return task;
  }

  find(upid: string): Task | undefined {
    return this.tasks.get(upid);
  }
}
