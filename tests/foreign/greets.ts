// Compiled by AssemblyScript for WASI 0.1: its arguments, what it adds up, and a status of its own.
const squares = new Array<i32>(1000);
for (let index = 0; index < squares.length; index++) squares[index] = index * index;
console.log("hello, " + process.argv.slice(1).join(" and "));
console.log(squares.reduce((sum, square) => sum + square, 0).toString());
process.exit(5);
