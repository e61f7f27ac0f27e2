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
                return await JudgeRefusalAsync(server, folder, files);
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
        FaultServer server, string folder, SortedDictionary<string, byte[]> files)
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

        return (Verdict.Refused, null);
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
