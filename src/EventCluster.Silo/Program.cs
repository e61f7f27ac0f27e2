using EventCluster.Hosting.Commands;
using EventCluster.Silo.Hosting;

return await SiloCommand.RunAsync(args, Terminal.Process, CancellationToken.None);
