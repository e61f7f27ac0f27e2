using System.Diagnostics;
using System.Text;
using EventCluster.TestKit;
using EventCluster.TestKit.Servers;
using Xunit;

namespace EventCluster.Silo.Tests.Processes;

/// <summary>The built silo as a real process.</summary>
public sealed class SiloProcess : IAsyncDisposable
{
    private readonly StringBuilder _output = new();
    private readonly HttpClient _probe = new() { Timeout = TimeSpan.FromSeconds(5) };
    private readonly Process _process;

    private SiloProcess(SiloSettings settings)
    {
        Url = settings.Url ?? new Uri($"http://127.0.0.1:{FreePort.Next()}");
        var start = new ProcessStartInfo("dotnet", [ServerFiles.SiloDll, .. settings.Arguments(Url)])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_gcServer"] = "0";
        start.Environment["EventCluster__PostgreSql__ConnectionString"] = settings.ConnectionString;
        foreach (var (key, value) in settings.Environment)
        {
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Where it answers HTTP.</summary>
    public Uri Url { get; }

    /// <summary>Everything it wrote.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>Whether it has ended.</summary>
    public bool HasEnded => _process.HasExited;

    /// <summary>Its process id.</summary>
    public int Pid => _process.Id;

    /// <summary>How it ended.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>Starts it and does not wait.</summary>
    public static SiloProcess Launch(SiloSettings settings) => new(settings);

    /// <summary>Starts it and waits until it is ready.</summary>
    public static async Task<SiloProcess> StartAsync(SiloSettings settings, CancellationToken cancellationToken)
    {
        var silo = Launch(settings);
        try
        {
            await silo.UntilReadyAsync(cancellationToken);
            return silo;
        }
        catch
        {
            await silo.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts one that cannot run, and gives its exit code and what it said.</summary>
    public static async Task<(int ExitCode, string Output)> RefuseAsync(SiloSettings settings)
    {
        await using var silo = Launch(settings);
        await Phase.OfAsync("the silo ends", silo._process.WaitForExitAsync(CancellationToken.None));
        return (silo._process.ExitCode, silo.Output);
    }

    /// <summary>
    /// Starts one that is to be refused: one line that says why, the exit code, and nothing else that looks like a crash. Lines of the
    /// log that say what was found may stand beside it.
    /// </summary>
    /// <returns>The line.</returns>
    public static async Task<string> AssertRefusedAsync(SiloSettings settings, int exitCode = 2)
    {
        var (code, output) = await RefuseAsync(settings);
        var line = Assert.Single(output.Split('\n'), static line => line.StartsWith("eventcluster: ", StringComparison.Ordinal));
        Assert.True(code == exitCode, $"It ended with {code}:\n{output}");
        foreach (var crash in (string[])["   at ", "--- End of", "Exception", "fail: ", "crit: ", "Unhandled"])
        {
            Assert.False(output.Contains(crash, StringComparison.Ordinal), $"It looks like a crash ('{crash}'):\n{output}");
        }

        return line;
    }

    /// <summary>Waits until <c>/readyz</c> answers 200.</summary>
    public async Task UntilReadyAsync(CancellationToken cancellationToken)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (!await IsReadyAsync(cancellationToken))
        {
            if (HasEnded || TimeProvider.System.GetElapsedTime(begun) > 2 * Phase.HangGuard)
            {
                throw new InvalidOperationException($"The silo does not become ready:\n{Output}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>Waits until it has written something.</summary>
    public Task UntilSaysAsync(string text, CancellationToken cancellationToken) => Phase.UntilAsync(
        "the silo says it", $"'{text}'", () => Output,
        output => output.Contains(text, StringComparison.Ordinal) || HasEnded, cancellationToken);

    /// <summary>The process stands still until something has come, as on a suspended machine.</summary>
    public async Task PauseUntilAsync(Func<Task> come)
    {
        await PauseAsync();
        try
        {
            await come();
        }
        finally
        {
            await ResumeAsync();
        }
    }

    /// <summary>Lets it stand still.</summary>
    public Task PauseAsync() => SignalAsync("STOP");

    /// <summary>Lets it go on.</summary>
    public Task ResumeAsync() => SignalAsync("CONT");

    /// <summary>Waits until it has ended by itself.</summary>
    public Task UntilEndedAsync() => Phase.OfAsync("the silo ends", _process.WaitForExitAsync(CancellationToken.None));

    /// <summary><c>kill -9</c>.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (!HasEnded)
        {
            await KillAsync();
        }

        _process.Dispose();
        _probe.Dispose();
    }

    private async Task SignalAsync(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{_process.Id}"]);
        await kill.WaitForExitAsync(CancellationToken.None);
    }

    private async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await _probe.GetAsync(new Uri(Url, "/readyz"), cancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private void Keep(string? line)
    {
        lock (_output)
        {
            _output.Append(line).Append('\n');
        }
    }
}
