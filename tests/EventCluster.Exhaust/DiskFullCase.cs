using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace EventCluster.Exhaust;

/// <summary>
/// A small disk is filled until appends are refused; then the server is killed and started again, twice; a delete makes room,
/// and appends go on. Nothing that was acknowledged is missing.
/// </summary>
internal static class DiskFullCase
{
    private const int DiskMiB = 400;
    private const int SegmentBytes = 32 * 1024 * 1024;
    private const int EventBytes = 256 * 1024;
    private const int Kills = 2;
    private const int StorageFull = 507;
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    public static ExhaustCase Make(int fills) => new($"disk-full-{fills}", _ => RunAsync(fills));

    private static async Task<Verdict> RunAsync(int fills)
    {
        var mount = Directory.CreateTempSubdirectory("eventcluster-disk-").FullName;
        if (await ShellAsync($"mount -t tmpfs -o size={DiskMiB}m tmpfs '{mount}'") != 0)
        {
            Directory.Delete(mount);
            return new Verdict { Skipped = "a file system cannot be mounted here (needs root)" };
        }

        try
        {
            return await FillAsync(Path.Combine(mount, "data"), fills);
        }
        finally
        {
            await ShellAsync($"umount '{mount}'");
            Directory.Delete(mount);
        }
    }

    private static async Task<Verdict> FillAsync(string data, int fills)
    {
        var verdict = new Verdict();
        var (acknowledged, kills) = (0, 0);
        await using var server = await BoundServer.StartAsync(
            new SystemBounds(), data, $"--EventCluster:LocalDisk:SegmentBytes={SegmentBytes}");
        using var client = new HttpClient { BaseAddress = server.Url, Timeout = _patience };
        await DemandAsync(client.PutAsync(At("kept"), Body(1)), HttpStatusCode.Created);
        for (var fill = 0; fill < fills; fill++)
        {
            await DemandAsync(client.PutAsync(At($"filler-{fill}"), Body(1)), HttpStatusCode.Created);
            HttpStatusCode status;
            do
            {
                using var answer = await client.PostAsync(At($"filler-{fill}"), Body(EventBytes));
                status = answer.StatusCode;
                if (answer.IsSuccessStatusCode)
                {
                    using var kept = await client.PostAsync(At("kept"), Body(1));
                    acknowledged += kept.IsSuccessStatusCode ? 1 : 0;
                    status = kept.StatusCode;
                }
            }
            while (status is HttpStatusCode.NoContent or HttpStatusCode.OK);
            verdict.Check((int)status == StorageFull, $"fill {fill + 1}: {(int)status}");
            for (var kill = 0; kill < Kills; kill++, kills++)
            {
                await server.KillAsync();
                await server.RestartAsync();
            }

            using var deleted = await client.DeleteAsync(At($"filler-{fill}"));
            verdict.Check(deleted.IsSuccessStatusCode, $"delete: {(int)deleted.StatusCode}");
            verdict.Check(await AppendsAgainAsync(client), "appends again");
            acknowledged++;
        }

        var read = await CountAsync(client);

        // The first event came with the stream's creation.
        verdict.Check(read >= acknowledged + 1, string.Create(CultureInfo.InvariantCulture, $"{kills} kills, {read} of {acknowledged + 1} acknowledged events there"));
        verdict.Check(await server.StopAsync() == 0, "stops with 0");
        return verdict;
    }

    private static async Task<bool> AppendsAgainAsync(HttpClient client)
    {
        var begun = Stopwatch.StartNew();
        while (begun.Elapsed < _patience)
        {
            using var answer = await client.PostAsync(At("kept"), Body(1));
            if (answer.IsSuccessStatusCode)
            {
                return true;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }

        return false;
    }

    /// <summary>Events of one byte each.</summary>
    private static async Task<int> CountAsync(HttpClient client)
    {
        var (count, offset) = (0, "-1");
        while (true)
        {
            using var answer = await client.GetAsync(new Uri($"/v1/stream/kept?offset={offset}", UriKind.Relative));
            answer.EnsureSuccessStatusCode();
            var body = await answer.Content.ReadAsByteArrayAsync();
            count += body.Length;
            offset = answer.Headers.GetValues("Stream-Next-Offset").Single();
            if (body.Length == 0 || answer.Headers.Contains("Stream-Up-To-Date"))
            {
                return count;
            }
        }
    }

    private static async Task DemandAsync(Task<HttpResponseMessage> asked, HttpStatusCode status)
    {
        using var answer = await asked;
        if (answer.StatusCode != status)
        {
            throw new InvalidOperationException($"expected {status}, got {answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
        }
    }

    private static Uri At(string stream) => new($"/v1/stream/{stream}", UriKind.Relative);

    private static ByteArrayContent Body(int bytes) =>
        new(new byte[bytes]) { Headers = { ContentType = new("application/octet-stream") } };

    private static async Task<int> ShellAsync(string command)
    {
        using var process = Process.Start(new ProcessStartInfo("bash", ["-c", command + " 2>/dev/null"]) { UseShellExecute = false })!;
        await process.WaitForExitAsync();
        return process.ExitCode;
    }
}
