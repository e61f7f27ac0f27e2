namespace EventCluster.Hosting.Tests.Commands;

/// <summary>A text that one thread writes while another reads.</summary>
internal sealed class LockedWriter : StringWriter
{
    private readonly Lock _lock = new();

    public override Task WriteAsync(string? value)
    {
        lock (_lock)
        {
            Write(value);
        }

        return Task.CompletedTask;
    }

    public override Task WriteLineAsync(string? value) => WriteAsync(value + "\n");

    public override string ToString()
    {
        lock (_lock)
        {
            return base.ToString();
        }
    }
}
