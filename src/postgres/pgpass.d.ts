declare module 'pgpass' {
  interface Connection {
    host: string;
    port: number;
    user: string;
    database: string;
  }
  export default function pgpass(connection: Connection, found: (password: string | undefined) => void): void;
}
