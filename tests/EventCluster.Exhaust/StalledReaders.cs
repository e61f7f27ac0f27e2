using System.Globalization;

namespace EventCluster.Exhaust;

/// <summary>
/// What readers cost that ask for three events of 1 MB and take nothing: a server for each kind, and how much more resident memory
/// it has with them (docs/BENCHMARKS.md).
/// </summary>
internal static class StalledReaders
{
    private const int Clients = 300;
    private const int Http2Clients = 32;
    private const int Events = 3;
    private static readonly TimeSpan _rest = TimeSpan.FromSeconds(12);

    /// <summary>Prints a line for each kind whose name contains the text.</summary>
    public static async Task<int> RunAsync(string? part)
    {
        foreach (var kind in Attack.Kinds.Keys.Where(kind => kind.StartsWith(part ?? "slow-", StringComparison.Ordinal)))
        {
            await using var server = await BoundServer.StartAsync(new SystemBounds());
            await ExhaustCase.FillAsync(server.Url, Events);
            await Task.Delay(_rest, TimeProvider.System);
            var before = server.Use();
            using var attack = new Attack();
            var clients = kind == "slow-http2" ? Http2Clients : Clients;
            var connected = await attack.ConnectAsync(server, [kind], clients);
            await Task.Delay(_rest, TimeProvider.System);
            var after = server.Use();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{kind}: {connected} readers, {before.MemoryMiB} MiB before, {after.MemoryMiB} MiB with them: {after.MemoryMiB - before.MemoryMiB} MiB more"));
        }

        return 0;
    }
}
