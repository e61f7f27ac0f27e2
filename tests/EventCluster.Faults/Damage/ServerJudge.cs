using System.Net;
using System.Text;
using EventCluster.Faults.Images;
using EventCluster.Faults.Servers;

namespace EventCluster.Faults.Damage;

/// <summary>Starts the real server on damaged files and reads every stream by HTTP.</summary>
internal static class ServerJudge
{
    private const int CannotStart = 2;

    /// <summary>The verdict, and for <see cref="Verdict.Wrong"/> why.</summary>
    public static async Task<(Verdict Verdict, string? Why)> TryAsync(StoreImage image, SortedDictionary<string, byte[]> files)
    {
        var folder = Directory.CreateTempSubdirectory("eventcluster-faults-").FullName;
        try
        {
            foreach (var (name, bytes) in files)
            {
                await File.WriteAllBytesAsync(Path.Combine(folder, name), bytes);
            }

            await using var server = FaultServer.Launch(folder, []);
            if (!await server.IsReadyAsync())
            {
                return await JudgeRefusalAsync(server, image, folder, files);
            }

            var judged = await JudgeAnswersAsync(server, image);
            await server.StopAsync();
            return server.Output.Contains("Unhandled exception", StringComparison.Ordinal) || server.ExitCode != 0
                ? (Verdict.Wrong, $"it ended with {server.ExitCode}: {server.Output}")
                : judged;
        }
        catch (TimeoutException e)
        {
            return (Verdict.Wrong, e.Message);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<(Verdict Verdict, string? Why)> JudgeRefusalAsync(
        FaultServer server, StoreImage image, string folder, SortedDictionary<string, byte[]> files)
    {
        var told = server.Output;
        var last = told.Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault() ?? "";
        if (server.ExitCode != CannotStart || told.Contains("   at ", StringComparison.Ordinal) || !Judge.NamesAPlace(last))
        {
            return (Verdict.Wrong, $"refused with {server.ExitCode} and not in one line that names a place: {told}");
        }

        foreach (var (name, bytes) in files)
        {
            var path = Path.Combine(folder, name);
            if (!File.Exists(path) || !(await File.ReadAllBytesAsync(path)).AsSpan().SequenceEqual(bytes))
            {
                return (Verdict.Wrong, $"refused, but {name} was changed or removed by the start that refused: {told}");
            }
        }

        return await SalvageAsync(image, folder);
    }

    /// <summary>The command copies what it can read; a server on the copy serves only what was acknowledged, or the command said what is lost.</summary>
    private static async Task<(Verdict Verdict, string? Why)> SalvageAsync(StoreImage image, string folder)
    {
        var target = Path.Combine(folder, "salvaged");
        var (code, told) = await FaultServer.SalvageAsync(folder, target);
        if (told.Contains("   at ", StringComparison.Ordinal) || (code != 0 && (code != CannotStart || !Judge.NamesAFile(told))))
        {
            return (Verdict.Wrong, $"the salvage ended with {code}: {told}");
        }

        if (code != 0)
        {
            return (Verdict.Refused, null);
        }

        await using var server = FaultServer.Launch(target, [], "--restored");
        if (!await server.IsReadyAsync())
        {
            return (Verdict.Wrong, $"the salvaged folder does not open: {server.Output}");
        }

        foreach (var stream in image.Answers[^1].Keys)
        {
            var answer = await StreamAnswers.ReadAsync(server.Client, stream);
            if (IsRefused(answer))
            {
                return (Verdict.Wrong, $"'{stream}' of the salvaged folder is damaged: {server.Output}");
            }

            if (!image.Answers.Any(expected => expected[stream].Fits(answer)) && !told.Contains("lost: ", StringComparison.Ordinal))
            {
                return (Verdict.Wrong, $"'{stream}' of the salvaged folder has {answer.Body.Length} bytes, and nothing was said to be lost: {told}");
            }
        }

        await server.StopAsync();
        return server.ExitCode == 0 ? (Verdict.Salvaged, null) : (Verdict.Wrong, $"the server on the salvaged folder ended with {server.ExitCode}: {server.Output}");
    }

    private static async Task<(Verdict Verdict, string? Why)> JudgeAnswersAsync(FaultServer server, StoreImage image)
    {
        var served = new Dictionary<string, StreamAnswers?>(StringComparer.Ordinal);
        foreach (var stream in image.Answers[^1].Keys)
        {
            var answer = await StreamAnswers.ReadAsync(server.Client, stream);
            served[stream] = IsRefused(answer) ? null : answer;
        }

        var refusals = served.Values.Count(answer => answer is null);
        if (refusals > 0 && !Judge.NamesAFile(server.Output))
        {
            return (Verdict.Wrong, $"a read was refused, and the log names no place: {server.Output}");
        }

        for (var i = image.Answers.Count - 1; i >= 0; i--)
        {
            if (image.Answers[i].All(expected => served[expected.Key] is not { } answer || expected.Value.Fits(answer)))
            {
                return (i < image.Answers.Count - 1 ? Verdict.TornTail : refusals > 0 ? Verdict.ReadsRefused : Verdict.Right, null);
            }
        }

        var wrong = image.Answers[^1].First(expected => served[expected.Key] is { } answer && !expected.Value.Fits(answer));
        var seen = served[wrong.Key]!;
        return (Verdict.Wrong, $"'{wrong.Key}' is answered {(int)seen.Status} with {seen.Body.Length} bytes, and acknowledged were {wrong.Value}: {server.Output}");
    }

    private static bool IsRefused(StreamAnswers answer) =>
        answer.Status == HttpStatusCode.InternalServerError
        && Encoding.UTF8.GetString(answer.Body).Contains("data_damaged", StringComparison.Ordinal);
}
